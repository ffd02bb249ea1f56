// The two wire formats of the fake models: what a reply looks like, streamed and whole.
// A reply is a list of parts: {text}, {thinking, signature}, {redacted}, {tool, id, arguments} and
// at most one {stop: REASON}. `arguments` is an object, or a string that is sent as it is.

const words = (text) => text.match(/\S+\s*|\s+/g) ?? [];
const halves = (text) => [text.slice(0, text.length >> 1), text.slice(text.length >> 1)];
const argumentsText = (part) =>
  typeof part.arguments === 'string' ? part.arguments : JSON.stringify(part.arguments ?? {});
const stopOf = (parts, called, otherwise) =>
  parts.find((part) => part.stop)?.stop ?? (parts.some((part) => part.tool) ? called : otherwise);
const contentOf = (parts) => parts.filter((part) => !part.stop);

function anthropicBlock(part) {
  if (part.tool) {
    const input = typeof part.arguments === 'string' ? {} : (part.arguments ?? {});
    return { type: 'tool_use', id: part.id, name: part.tool, input };
  }
  if (part.redacted) return { type: 'redacted_thinking', data: part.redacted };
  if (part.thinking !== undefined) {
    return { type: 'thinking', thinking: part.thinking, signature: part.signature ?? 'c2ln' };
  }
  return { type: 'text', text: part.text };
}

function anthropicDeltas(part) {
  if (part.tool) {
    const text = argumentsText(part);
    return (text === '{}' ? [] : halves(text)).map((half) => ({ type: 'input_json_delta', partial_json: half }));
  }
  if (part.redacted) return [];
  if (part.thinking !== undefined) {
    return [...words(part.thinking).map((word) => ({ type: 'thinking_delta', thinking: word })),
      { type: 'signature_delta', signature: part.signature ?? 'c2ln' }];
  }
  return words(part.text).map((word) => ({ type: 'text_delta', text: word }));
}

function anthropicOpening(part) {
  const block = anthropicBlock(part);
  if (block.type === 'text') return { ...block, text: '' };
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  return block.type === 'tool_use' ? { ...block, input: {} } : block;
}

export const anthropic = {
  error: (type, message) => ({ type: 'error', error: { type, message }, request_id: 'req_fake' }),
  tools: (body) => (body.tools ?? []).map((tool) => ({ name: tool.name, schema: tool.input_schema })),
  system: (body) => body.system ?? '',
  usage: (prompt, output) => ({
    input_tokens: prompt, output_tokens: output,
    cache_creation_input_tokens: 0, cache_read_input_tokens: 0,
  }),
  whole(reply) {
    return {
      id: reply.id, type: 'message', role: 'assistant', model: reply.model,
      content: contentOf(reply.parts).map(anthropicBlock),
      stop_reason: stopOf(reply.parts, 'tool_use', 'end_turn'), stop_sequence: null, usage: reply.usage,
    };
  },
  events(reply) {
    const out = [];
    const put = (event) => out.push(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    const empty = { ...this.whole(reply), content: [], stop_reason: null };
    put({ type: 'message_start', message: { ...empty, usage: { ...reply.usage, output_tokens: 1 } } });
    put({ type: 'ping' });
    contentOf(reply.parts).forEach((part, index) => {
      put({ type: 'content_block_start', index, content_block: anthropicOpening(part) });
      for (const delta of anthropicDeltas(part)) put({ type: 'content_block_delta', index, delta });
      put({ type: 'content_block_stop', index });
    });
    put({
      type: 'message_delta', usage: { output_tokens: reply.usage.output_tokens },
      delta: { stop_reason: stopOf(reply.parts, 'tool_use', 'end_turn'), stop_sequence: null },
    });
    put({ type: 'message_stop' });
    return out;
  },
  streamError: (error) => `event: error\ndata: ${JSON.stringify(anthropic.error(error.type, error.message))}\n\n`,
};

const openaiCall = (part, index) => ({
  index, id: part.id, type: 'function', function: { name: part.tool, arguments: argumentsText(part) },
});

export const openai = {
  error: (type, message, status) => ({
    error: { message, type, param: null, code: status === 401 ? 'invalid_api_key' : type },
  }),
  tools: (body) => (body.tools ?? []).map((tool) => ({ name: tool.function.name, schema: tool.function.parameters })),
  system: (body) => (body.messages ?? []).filter((message) => message.role === 'system'),
  usage: (prompt, output) => ({
    prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: 0 },
  }),
  whole(reply) {
    const calls = reply.parts.filter((part) => part.tool).map(openaiCall).map(({ index, ...call }) => call);
    const text = reply.parts.filter((part) => part.text !== undefined).map((part) => part.text).join('');
    const thinking = reply.parts.filter((part) => part.thinking).map((part) => part.thinking).join('');
    const message = { role: 'assistant', content: text || null, refusal: null };
    if (thinking) message.reasoning_content = thinking;
    if (calls.length) message.tool_calls = calls;
    return {
      id: reply.id, object: 'chat.completion', created: 1_795_348_800, model: reply.model, usage: reply.usage,
      choices: [{ index: 0, message, logprobs: null, finish_reason: stopOf(reply.parts, 'tool_calls', 'stop') }],
    };
  },
  events(reply, body) {
    const base = { id: reply.id, object: 'chat.completion.chunk', created: 1_795_348_800, model: reply.model };
    const out = [];
    const put = (chunk) => out.push(`data: ${JSON.stringify({ ...base, ...chunk })}\n\n`);
    const delta = (change, finish = null) =>
      put({ choices: [{ index: 0, delta: change, logprobs: null, finish_reason: finish }] });
    delta({ role: 'assistant', content: '' });
    let index = 0;
    for (const part of reply.parts) {
      if (part.thinking) for (const word of words(part.thinking)) delta({ reasoning_content: word });
      if (part.text !== undefined) for (const word of words(part.text)) delta({ content: word });
      if (!part.tool) continue;
      const call = openaiCall(part, index++);
      delta({ tool_calls: [{ ...call, function: { name: part.tool, arguments: '' } }] });
      for (const half of halves(call.function.arguments)) {
        delta({ tool_calls: [{ index: call.index, function: { arguments: half } }] });
      }
    }
    delta({}, stopOf(reply.parts, 'tool_calls', 'stop'));
    if (body.stream_options?.include_usage) put({ choices: [], usage: reply.usage });
    out.push('data: [DONE]\n\n');
    return out;
  },
  streamError: (error) => `data: ${JSON.stringify(openai.error(error.type, error.message))}\n\n`,
};
