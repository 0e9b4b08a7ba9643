/** Agents that are shipped as descriptions: no code of their own. */
import type { AgentDescription } from './description.js';

/** Cursor: events like Claude Code's without prices; a failure is a bad exit with text on standard error and no result. */
export const cursor: AgentDescription = {
  command: ['cursor-agent', '-p', '--output-format=stream-json', '--force', '--trust', ['--model', '{model}'], ['--resume', '{resume}']],
  prompt: 'stdin',
  environment: ['CURSOR_*'],
  output: 'json-lines',
  endsWithResult: true,
  rules: [
    { when: { type: 'system', subtype: 'init' }, session: 'session_id', model: 'model' },
    { when: { type: 'assistant' }, answer: 'message.content.0.text', doing: '{message.content.0.text}' },
    {
      when: { type: 'tool_call', subtype: 'started' },
      doing: [
        'writes {tool_call.writeToolCall.args.path}',
        'edits {tool_call.editToolCall.args.path}',
        'runs {tool_call.shellToolCall.args.command}',
        'reads {tool_call.readToolCall.args.path}',
        'calls {tool_call.function.name}',
      ],
    },
    {
      when: { type: 'result' },
      session: 'session_id',
      answer: 'result',
      usage: { inputTokens: 'usage.inputTokens', outputTokens: 'usage.outputTokens', cachedTokens: 'usage.cacheReadTokens' },
      totals: ['inputTokens', 'outputTokens', 'cachedTokens'],
      ends: { wellWhen: { subtype: 'success', is_error: false } },
      trouble: 'error',
      message: 'result',
    },
  ],
  exitCodes: {},
  stderr: [
    { contains: 'hit your usage limit', trouble: 'limit' },
    { contains: 'resource_exhausted', trouble: 'limit' },
    { contains: 'not logged in', trouble: 'login' },
    { contains: 'authentication required', trouble: 'login' },
  ],
};

/** GitHub Copilot: the prompt is an argument; a session's name of ours is made on its first use. */
export const copilot: AgentDescription = {
  command: [
    ...['copilot', '-p', '{prompt}', '--output-format', 'json', '--allow-all-tools', '--no-ask-user', '--no-auto-update', '--add-dir', '{worktree}'],
    ['--model', '{model}'],
    ...['--resume', '{session}'],
  ],
  prompt: 'argument',
  environment: ['COPILOT_*'],
  output: 'json-lines',
  endsWithResult: true,
  rules: [
    { when: { type: 'assistant.message' }, answer: 'data.content', doing: '{data.content}', usage: { outputTokens: 'data.outputTokens' } },
    { when: { type: 'tool.execution_start' }, doing: ['{data.toolName} {data.arguments.path}', '{data.toolName} {data.arguments.command}', '{data.toolName}'] },
    { when: { type: 'session.error', 'data.errorType': ['rate_limit', 'quota'] }, trouble: 'limit', message: 'data.message' },
    { when: { type: 'session.error', 'data.errorType': ['authentication', 'authorization'] }, trouble: 'login', message: 'data.message' },
    { when: { type: 'session.error', 'data.statusCode': 429 }, trouble: 'limit', message: 'data.message' },
    { when: { type: 'session.error' }, trouble: 'error', message: 'data.message' },
    { when: { type: 'result' }, session: 'sessionId', ends: { wellWhen: { exitCode: 0 } }, trouble: 'error' },
  ],
  exitCodes: {},
  stderr: [
    { contains: 'no authentication information found', trouble: 'login' },
    { contains: 'please retry after', trouble: 'limit' },
  ],
};

/** Aider: plain text; judged by what it committed. */
export const aider: AgentDescription = {
  command: ['aider', '--message-file', '{promptFile}', '--yes-always', '--no-stream', '--auto-commits', '--no-auto-lint', ['--model', '{model}']],
  prompt: 'file',
  environment: ['AIDER_*', 'OPENAI_API_KEY', 'OPENAI_API_BASE', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'DEEPSEEK_API_KEY', 'OPENROUTER_API_KEY'],
  output: 'text',
  endsWithResult: false,
  rules: [
    { line: 'Tokens: {inputTokens} sent, {_} cache write, {cachedTokens} cache hit, {outputTokens} received. Cost: {_} message, {cost} session.', totals: ['cost'] },
    { line: 'Tokens: {inputTokens} sent, {cachedTokens} cache hit, {outputTokens} received. Cost: {_} message, {cost} session.', totals: ['cost'] },
    { line: 'Tokens: {inputTokens} sent, {outputTokens} received. Cost: {_} message, {cost} session.', totals: ['cost'] },
    { line: 'Tokens: {inputTokens} sent, {outputTokens} received.' },
    { line: 'Applied edit to {doing}' },
    { line: 'Commit {_} {doing}' },
  ],
  exitCodes: {},
  stderr: [],
};
