// What the checks see of a block of commands.

/** Its lines, each with all that continues it. */
export function commandLines(text) {
  const lines = [];
  let open = '';
  for (const line of text.split('\n')) {
    const whole = open + line;
    const bare = withoutComment(whole).trimEnd();
    if (/\\$/.test(bare) || /(\||&&)$/.test(bare)) {
      open = `${whole}\n`;
      continue;
    }
    open = '';
    if (bare.trim() !== '') lines.push(whole);
  }
  if (open !== '') throw new Error(`the last command goes on: ${open}`);
  return lines;
}

/** The words of a line: quotes are taken off, comments left out, `&&`, `|`, `;` and `&` are words. */
function wordsOf(line) {
  const words = [];
  for (const [, single, double, operator, plain] of withoutComment(line)
    .replaceAll('\\\n', ' ')
    .matchAll(/'([^']*)'|"([^"]*)"|(&&|\|\||[|;&\n])|((?:[^\s'"|;&]|"[^"]*"|'[^']*')+)/g))
    words.push(operator ? { operator } : { text: single ?? double ?? plain });
  return words;
}

function withoutComment(line) {
  let quote = null;
  for (let i = 0; i < line.length; ++i) {
    if (quote) quote = line[i] === quote ? null : quote;
    else if (line[i] === '"' || line[i] === "'") quote = line[i];
    else if (line[i] === '#' && (i === 0 || /\s/.test(line[i - 1]))) {
      const end = line.indexOf('\n', i);
      return line.slice(0, i) + (end < 0 ? '' : withoutComment(line.slice(end)));
    }
  }
  return line;
}

/** The commands of a line, each a list of words, without variables and `sudo` before them. */
export function commandsOf(line) {
  const commands = [[]];
  for (const word of wordsOf(line)) {
    if (word.operator) commands.push([]);
    else commands.at(-1).push(word.text);
  }
  return commands.flatMap((words) => {
    while (words.length > 0) {
      if (/^[A-Za-z_]\w*=/.test(words[0]) || ['sudo', 'do', 'then', 'export'].includes(words[0])) words.shift();
      else if (words[0] === '-u') words.splice(0, 2);
      else break;
    }
    return words.length > 0 ? [words] : [];
  });
}

/** What a command that runs until it is stopped answers at, as the READMEs have it: a port, or `printed`. Else null. */
export function runsOn(line) {
  const [words] = commandsOf(line);
  const command = words?.join(' ') ?? '';
  if (/(^|\/)skerry .*tail .*(--follow|-f)\b/.test(command)) return 'printed';
  if (/(^|\/)skerry (.* )?(up|serve)\b/.test(command)) return 8080;
  if (/^workerd serve\b/.test(command)) return 8787;
  if (/^wasmtime serve\b/.test(command) || /(^|\/)archive-replica\b/.test(command))
    return Number(/--(?:addr|listen) \S*:(\d+)/.exec(command)?.[1] ?? 8080);
  return null;
}
