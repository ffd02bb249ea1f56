// What the fake models answer: by a script, else by the rule that the gateway benchmark relies on.
//
// A script is {"steps": [STEP, …]}, taken in order, one a request; `repeat: N` serves a step N times.
// STEP:
//   expect  {text, no_text, tool_result, system, no_system, nowhere, tools: [NAME], no_tools: [NAME], model}: substrings
//           of the last user text, the tool results and the system prompt, tools that are (not) offered;
//           `nowhere` is in no part of the request. A mismatch is answered with
//           400 and counted in /stats.
//   reply   the parts of fake_formats.mjs; a text alone may stand as a string
//   status + error {type, message} + retry_after (seconds)   an error response instead
//   delay_ms, event_delay_ms        before the response, before every event
//   cut_after_events N              the connection is broken after N events
//   stream_error {type, message}    an error inside the stream, after cut_after_events events or all
//   garbage  text sent as the body in place of a reply, with `content_type`
//   pings N                         N pings before the reply

const TEXT = process.env.FAKE_TEXT ?? 'Hello from the fake model. This is a fixed reply.';
const COMMAND = process.env.FAKE_CMD ?? 'true';
const SHELLS = [process.env.FAKE_TOOL, 'shell_run', 'shell', 'exec', 'bash', 'shell.exec', 'shell_exec',
  'run_command'].filter(Boolean);

const partsOf = (content) =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
const plain = (content) =>
  partsOf(content).filter((part) => part.type === 'text').map((part) => part.text).join('\n');

// The texts and tool results after the last assistant message, whichever format they came in.
export function lastTurn(body) {
  const messages = (body.messages ?? []);
  let start = messages.length;
  while (start > 0 && messages[start - 1].role !== 'assistant') start--;
  const texts = [];
  const results = [];
  for (const message of messages.slice(start)) {
    if (message.role === 'tool') {
      const content = plain(message.content);
      results.push({ id: message.tool_call_id, content, failed: content.startsWith('Error: ') });
    } else if (message.role === 'user') {
      for (const part of partsOf(message.content)) {
        if (part.type === 'text') texts.push(part.text);
        if (part.type === 'tool_result') {
          results.push({ id: part.tool_use_id, content: plain(part.content), failed: part.is_error === true });
        }
      }
    }
  }
  return { text: texts.join('\n'), results };
}

function mismatch(expect, turn, tools, body) {
  const names = tools.map((tool) => tool.name);
  const results = turn.results.map((result) => result.content).join('\n');
  if (expect.text !== undefined && !turn.text.includes(expect.text)) return `text: ${turn.text.slice(0, 200)}`;
  if (expect.tool_result !== undefined && !results.includes(expect.tool_result)) {
    return `tool_result: ${results.slice(0, 200)}`;
  }
  if (expect.no_text !== undefined && turn.text.includes(expect.no_text)) return `text: ${turn.text.slice(0, 200)}`;
  // Anthropic has it beside the messages, OpenAI as the first of them.
  const system = plain(body.system ?? body.messages?.find((message) => message.role === 'system')?.content);
  if (expect.system !== undefined && !system.includes(expect.system)) return `system: ${system.slice(-300)}`;
  if (expect.no_system !== undefined && system.includes(expect.no_system)) return 'system holds what it must not';
  if (expect.nowhere !== undefined && JSON.stringify(body).includes(expect.nowhere)) return 'holds what it must not';
  if (expect.model !== undefined && expect.model !== body.model) return `model: ${body.model}`;
  for (const name of expect.tools ?? []) if (!names.includes(name)) return `missing tool: ${name}`;
  for (const name of expect.no_tools ?? []) if (names.includes(name)) return `unexpected tool: ${name}`;
  return null;
}

function shellArguments(tool) {
  return tool.schema?.properties?.argv ? { argv: COMMAND.split(' ') } : { command: COMMAND };
}

function byRule(turn, tools) {
  if (turn.results.length || !turn.text.includes('TOOL:')) return { reply: TEXT };
  const name = SHELLS.find((shell) => tools.some((tool) => tool.name === shell));
  if (!name) return { reply: TEXT };
  return { reply: [{ tool: name, arguments: shellArguments(tools.find((tool) => tool.name === name)) }] };
}

export class Script {
  constructor(steps = []) {
    this.steps = steps.flatMap((step) => Array(step.repeat ?? 1).fill(step));
    this.mismatches = [];
  }

  // The step for this request.
  next(body, turn, tools) {
    const step = this.steps.shift() ?? byRule(turn, tools);
    const wrong = step.expect && mismatch(step.expect, turn, tools, body);
    if (!wrong) return step;
    this.mismatches.push(wrong);
    return { status: 400, error: { type: 'invalid_request_error', message: `script mismatch: ${wrong}` } };
  }
}
