/** How the report's page looks: one column that a phone shows whole, light or dark as the reader's system is, and on paper. */
export const reportStyle = `
:root{color-scheme:light dark;--paper:#faf8f4;--card:#fff;--ink:#1f2328;--quiet:#6b7078;--line:#e5e1d8;--good:#2f7d55;--good-soft:#e3f1e9;--bad:#b8372b;--bad-soft:#fae7e4;--person:#a86a00;--person-soft:#fbf0d9;--open:#4a6fa5;--open-soft:#e6edf7;--term:#22252b;--term-ink:#e4e2dc}
@media (prefers-color-scheme:dark){:root{--paper:#15171b;--card:#1d2026;--ink:#e6e4df;--quiet:#989ca5;--line:#2f333b;--good:#63c093;--good-soft:#1c3227;--bad:#ef7d70;--bad-soft:#3a2220;--person:#e3aa4a;--person-soft:#352a17;--open:#86abe0;--open-soft:#202b3d;--term:#0f1114;--term-ink:#d8d6d0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1,h2,h3{line-height:1.25;margin:0;overflow-wrap:anywhere}
.over{color:var(--quiet);font-size:.9rem;margin:0 0 .4rem}
h1{margin-bottom:.5rem;font-size:clamp(1.7rem,5.5vw,2.6rem);letter-spacing:-.02em;font-weight:680}
h2{font-size:1.35rem;letter-spacing:-.01em;margin-top:3.5rem;padding-top:1.5rem;border-top:1px solid var(--line)}
h3{font-size:.8rem;text-transform:uppercase;letter-spacing:.08em;color:var(--quiet);margin:2.2rem 0 .7rem}
p{margin:.3rem 0}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em}
code{overflow-wrap:anywhere}
.meter{display:flex;gap:2px;height:.6rem;border-radius:.3rem;overflow:hidden;margin:1.3rem 0 .45rem;background:var(--line)}
.meter i{display:block;min-width:3px}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;color:var(--quiet);font-size:.85rem}
.legend b{display:inline-block;width:.6rem;height:.6rem;border-radius:.15rem;margin-right:.4rem}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1.5rem 0 0}
.numbers div{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:.75rem .9rem}
.numbers strong{display:block;font-size:1.45rem;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.numbers span{color:var(--quiet);font-size:.82rem;display:block}
.card{background:var(--card);border:1px solid var(--line);border-left:.3rem solid var(--tone,var(--line));border-radius:.7rem;padding:.8rem 1rem;margin:.6rem 0;overflow-wrap:anywhere}
.side{color:var(--quiet);font-size:.88rem}
.command{display:block;background:var(--term);color:var(--term-ink);border-radius:.4rem;padding:.4rem .7rem;margin-top:.45rem;user-select:all}
.command::before{content:"$ ";color:#8b8f98;user-select:none}
pre{background:var(--term);color:var(--term-ink);border-radius:.4rem;padding:.7rem .8rem;margin:.6rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;max-height:22rem;overflow-y:auto;line-height:1.45}
.good{--tone:var(--good);--soft:var(--good-soft)}.bad{--tone:var(--bad);--soft:var(--bad-soft)}.person{--tone:var(--person);--soft:var(--person-soft)}.open{--tone:var(--open);--soft:var(--open-soft)}
.tag{background:var(--soft);color:var(--tone);border-radius:1rem;padding:.08rem .6rem;font-size:.8rem;font-weight:600;white-space:nowrap}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th{text-align:left;font-weight:600;color:var(--quiet);font-size:.8rem}
th,td{padding:.5rem .7rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
.lanes{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:.7rem .9rem .9rem}
.lane{margin-top:.65rem}
.lane>span{display:block;font-size:.82rem;font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.lanes svg{display:block;width:100%;overflow:visible}
.lanes text{fill:var(--quiet);font-size:11px;font-variant-numeric:tabular-nums}
.lanes line{stroke:var(--line)}
.lanes rect{stroke:var(--card);stroke-width:1}.passed{fill:var(--good)}.failed{fill:var(--bad)}.cancelled{fill:var(--person)}.running{fill:var(--open)}
.bars{display:grid;grid-template-columns:auto 1fr auto;gap:.35rem .8rem;align-items:center;font-size:.9rem}
.bars span{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bars i{display:block;height:.55rem;border-radius:.2rem;background:var(--open);opacity:.75;margin-top:.15rem}
.bars em{font-style:normal;color:var(--quiet);font-variant-numeric:tabular-nums}
footer{margin-top:3.5rem;color:var(--quiet);font-size:.82rem;overflow-wrap:anywhere}
@media (max-width:36rem){main{padding:1.5rem 1rem 3rem}.numbers{grid-template-columns:1fr 1fr;gap:.5rem}
.plans thead{display:none}.plans tr{display:grid;grid-template-columns:1fr auto;gap:.1rem .6rem;padding:.65rem 0;border-bottom:1px solid var(--line)}.plans td{border:0;padding:0;text-align:left!important}.plans td.n{color:var(--quiet);font-size:.85rem;white-space:normal}.plans td[data-name]:not(:empty)::before{content:attr(data-name) " "}.plans td:nth-child(2){text-align:right!important}}
@media print{body{background:#fff}.command,pre{background:#f4f4f2;color:#111;max-height:none}.card,.numbers div,.lanes{break-inside:avoid}}
`;
