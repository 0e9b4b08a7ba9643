/** Whether one word is a path of a repository: `src/a.ts` is, `user.name`, `v1.2`, `Node.js`, `and/or` and `/api/users` are not. */

/** How long a path may be. */
export const maxPath = 300;

/** The words of a text. */
export const words = (text: string): Set<string> => new Set(text.split(/\s+/));

/** Endings that make a name without a folder a file. Words that are also fields or methods of code (`name`, `value`, `map`) are left out. */
const extensions = words(
  `ts tsx mts cts js jsx mjs cjs json jsonc json5 jsonl ndjson md mdx markdown rst txt adoc py pyi ipynb rb erb rake go mod sum rs toml lock yaml yml
  xml html htm css scss sass less styl vue svelte astro java kt kts gradle groovy scala sc clj cljs edn c h cc cpp cxx hpp hh hxx m mm swift cs
  csproj sln fs fsx vb php phtml twig blade pl pm lua r rmd jl dart ex exs erl hrl elm hs lhs ml mli nim zig v sv vhd sol vy move sh bash zsh fish
  ps1 psm1 bat cmd sql prisma graphql gql proto thrift avsc tf tfvars hcl nix bzl bazel cmake mk make dockerfile ini cfg conf properties plist
  csv tsv parquet svg png jpg jpeg gif webp ico avif pdf woff woff2 ttf otf mp3 mp4 wav ogg webm glb gltf obj fbx gd tscn tres unity prefab asset
  shader glsl wgsl hlsl wasm wat po pot strings resx xaml storyboard xib pbxproj podspec gemspec cabal rockspec tex bib sty cls j2 jinja tmpl tpl
  hbs ejs pug liquid mustache snap feature spec http rest env example sample template service timer socket patch diff cue rego dhall org`,
);

/** Endings that in code are a field or a method far more often than a file: they need a folder before them. */
const codeLike = words(
  'env example sample template service timer socket feature spec asset move v m r d s http rest org make cls sc strings obj patch',
);

const libraries = words(
  `node next vue react express d3 three chart nuxt nest ember backbone angular angularjs p5 moment day socket alpine discord passport pdf require
  handlebars mustache knockout babylon phaser pixi matter tone anime brain tensorflow ml5 hapi sails meteor polymer riot video plotly leaflet cesium
  reveal prism popper bun deno solid preact ethers web3 viem stripe hammer howler fabric konva paper two crypto lodash underscore jquery cannon ammo
  rapier transformers onnx asp katex marked turndown quill slate sharp fuse lunr tippy swiper lottie nextauth adonis feathers strapi keystone stimulus sequelize mongoose redux mobx`,
);

/** Files without an ending. */
export const bareNames = words(
  'Makefile Dockerfile Containerfile Jenkinsfile Vagrantfile Gemfile Procfile Rakefile Justfile justfile Brewfile Podfile Fastfile Tiltfile CODEOWNERS BUILD.bazel',
);
const dotFiles =
  /^\.(?:env(?:\.[\w-]{1,30}){0,3}|[a-z]{2,20}(?:rc|ignore|attributes)(?:\.[a-z0-9]{1,6})?|editorconfig|tool-versions|[a-z][\w-]{1,40}\.(?:ya?ml|json|toml|[cm]?js|ts))$/;
const folders = words(
  'src lib libs app apps test tests docs doc scripts packages crates internal pkg cmd server client frontend backend api config public assets components pages spec specs migrations .github .claude .kiro .vscode bin tools examples templates styles infra deploy prisma database modules plugins services web mobile ios android e2e __tests__ fixtures',
);
const systemFolders = words('etc opt usr var tmp home root dev proc sys mnt Users Applications Library Volumes');
const bareFolders = words('src lib packages apps crates internal .github .claude .kiro tests docs scripts');
/** Words before a slash that begin a branch's name or join two words. */
const branches = words('feat feature fix bugfix hotfix release chore origin upstream and or not yes no');
const topDomains = words(
  'com org net io dev ai app co gov edu uk de fr eu us ca au jp cn ru br in me info biz xyz cloud tech tv ly gg so to sh',
);

/** Whether a name ends like a file. */
export function hasKnownEnding(name: string): boolean {
  return extensions.has((/\.([a-z0-9]{1,10})$/i.exec(name)?.[1] ?? '').toLowerCase());
}

/** What most words look like: nothing has to be taken off, nothing is forbidden. */
const plainWord = /^[A-Za-z0-9][\w./-]*[A-Za-z0-9/]$/;

/** The repository path or glob that a word is; undefined when it is none. `code`: it stood in a code span, `stated`: in a list of files. */
export function pathOf(word: string, code: boolean, stated: boolean): string | undefined {
  if (word.length > maxPath || word.startsWith('www.')) return undefined;
  if (plainWord.test(word)) return knownPath(word, { rooted: false, code, stated });
  const path = spelled(word, code);
  return path === undefined ? undefined : knownPath(path.replace(/^\.?\/+/, ''), { rooted: path.startsWith('/'), code, stated });
}

/** A word without what people write around and behind a path; undefined for what cannot be one. */
function spelled(word: string, code: boolean): string | undefined {
  if (/:\/\/|^mailto:|^~\//i.test(word)) return undefined;
  // A link points to something to be read, unless the path itself is what is linked.
  const link = word.indexOf('](');
  if (link > 0 && (!word.startsWith('[') || !/[./]/.test(word.slice(1, link)))) return undefined;
  const path = trimmed(link > 0 ? word.slice(1, link) : word, code)
    .replace(/\\/g, '/')
    .replace(/(?:::[\w[\]:.*-]{1,120}|#L?\d{1,7}(?:-L?\d{1,7})?|:\d{1,7}(?:[-–,:]\d{1,7}){0,8})$/, '');
  if (path === '' || /^[~$-]/.test(path.replace(/^\.?\/+/, ''))) return undefined;
  const named = code && path.includes('<') ? path.replace(/(?<=.)<[a-z][\w-]{0,40}>/gi, 'x') : path;
  if (!/^[\p{L}\p{N}_.@+~*?{}[\]()$%#&!\-/ ]+$/u.test(named) || /^[*?]+$/.test(path)) return undefined;
  return /(?:^|\/)\w[\w.+-]*@[\w-]+\.\w/.test(path) ? undefined : path;
}

interface Told {
  /** It began with a slash. */
  readonly rooted: boolean;
  readonly code: boolean;
  readonly stated: boolean;
}

/** Whether a word of the right letters is a file, a folder or a glob of a repository. */
function knownPath(path: string, { rooted, code, stated }: Told): string | undefined {
  const folder = path.endsWith('/');
  const segments = normalised(path);
  if (!segments || segments.length === 0) return undefined;
  if (segments[0] === 'node_modules' || segments[0] === '.git' || (rooted && systemFolders.has(segments[0] ?? ''))) return undefined;
  const name = segments.at(-1) ?? '';
  const nested = segments.length > 1;
  const joined = segments.join('/');
  if (nested && isDomain(segments[0] ?? '')) return undefined;
  if (folder) return isFolder(segments, rooted, code, stated) ? `${joined}/` : undefined;
  if (isFile(name, nested, code, stated)) return joined;
  if (joined.includes('*') && nested) return rooted && !folders.has(segments[0] ?? '') ? undefined : joined;
  if (
    !rooted &&
    nested &&
    segments.every((segment) => /^[\w.@[\]()-]+$/.test(segment)) &&
    (code || stated ? folders : bareFolders).has(segments[0] ?? '')
  ) {
    return /\.\w*[A-Z(]/.test(name) || name.includes('(') ? undefined : `${joined}/`;
  }
  return undefined;
}

/** The word without the marks around it; parentheses and brackets that belong to a path (`app/(auth)/[id].tsx`) stay. */
function trimmed(word: string, code: boolean): string {
  let path = word;
  if (!code) {
    path = path.replace(/^(?:[~('"]|\*\*(?!\/)|\*(?=[\p{L}\p{N}_`])|\[(?![^\]]*\][^\]]*\.)|_(?=[^_].*_[.,;:]*$)|\{(?!.*\}))+/u, '');
    // Emphasis inside of a word: `jpeg/**gif**`. In a glob the stars are a whole segment.
    if (/[^/]\*\*|\*\*[^/]/.test(path)) path = path.replace(/(?<![/])\*\*(?=[^/])|\*\*(?=[^/.*])/g, '');
    path = path.replace(/[*~'"!?.,;:…]+$/, (marks) => (/\/\*{1,2}$/.test(path) ? marks.replace(/[^*]/g, '') : ''));
    if (path.endsWith(')') && !path.includes('(')) path = path.replace(/\)+$/, '').replace(/[*.,;:]+$/, '');
    while (path.endsWith(']') && unopened(path)) path = path.slice(0, -1);
    // `_Files: a.md, b.md_`: an underscore at the end closes an emphasis.
    path = path.replace(/_+$/, '');
    if (path.endsWith("'s") || path.endsWith('’s')) path = path.slice(0, -2);
  }
  return path;
}

function unopened(path: string): boolean {
  return path.split(']').length > path.split('[').length;
}

/** The path's segments without `.` and `..`; undefined when it leaves the repository. */
function normalised(path: string): string[] | undefined {
  const found: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (found.pop() === undefined) return undefined;
    } else if (/^\.{3,}$/.test(segment)) return undefined;
    else found.push(segment);
  }
  return found;
}

function isDomain(segment: string): boolean {
  const top = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.([a-z]{2,6})$/i.exec(segment)?.[1];
  return top !== undefined && topDomains.has(top.toLowerCase()) && !segment.startsWith('.');
}

function isFolder(segments: readonly string[], rooted: boolean, code: boolean, stated: boolean): boolean {
  const plainPath = segments.every((segment) => /^[\p{L}\p{N}_.@*[\]{}()-]+$/u.test(segment) && /[\p{L}\p{N}*]/u.test(segment));
  if (!plainPath || (rooted && !code && !stated)) return false;
  const [first = ''] = segments;
  return segments.length > 1 || stated || code || folders.has(first) || (/^[a-z][a-z0-9_]{2,30}$/.test(first) && !branches.has(first));
}

function isFile(name: string, nested: boolean, code: boolean, stated: boolean): boolean {
  if (bareNames.has(name)) return true;
  if (name.startsWith('.')) {
    if (nested && /^\.[a-z]{2,20}$/.test(name)) return true;
    return dotFiles.test(name) && !extensions.has(name.slice(1).replace(/^env$/, ''));
  }
  const parts = /^(.+)\.([A-Za-z][A-Za-z0-9]{0,10})$/.exec(name);
  const base = parts?.[1];
  const ending = parts?.[2];
  if (base === undefined || ending === undefined) return nested && stated && /^[\w-]+$/.test(name);
  const lower = ending.toLowerCase();
  if (nested) return extensions.has(lower) || (/^[a-z][a-z0-9]{0,4}$/.test(ending) && !/[()]/.test(base));
  if (!extensions.has(lower) || /^[*?]+$/.test(base)) return stated && extensions.has(lower);
  if (lower === 'js' && libraries.has(base.toLowerCase())) return false;
  if (lower === 'io' || /[()]/.test(name) || /^\d+(?:\.\d+)*$/.test(base)) return false;
  // `nginx.conf.template`, `config.yml.example`
  if (codeLike.has(lower)) return (stated && /^[\w-]+$/.test(base)) || hasKnownEnding(base);
  // `user.go`, `app.js`: files; `this.props.c`, `Foo.Bar.h`: code.
  return code || stated || !/^(?:this|self|window|process|import|e|i|a)(?:\.|$)/i.test(base);
}
