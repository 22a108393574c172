// What the checks see of a Markdown file: fenced blocks, code spans, tables, links, headings.

/** Without what is inside of fences, line by line; fenced lines are empty. */
function prose(text) {
  let fence = null;
  return text.split('\n').map((line) => {
    const mark = /^(```+)/.exec(line)?.[1];
    if (fence !== null) {
      if (mark === fence && line.trim() === fence) fence = null;
      return '';
    }
    if (mark) fence = mark;
    return mark ? '' : line;
  });
}

/** `{line, language, text, notRun}`, the line counted from 1; `notRun`: the reason of the comment before it, '' where it gives none. */
export function blocksOf(text) {
  const lines = text.split('\n');
  const blocks = [];
  for (let i = 0; i < lines.length; ++i) {
    const open = /^(```+)(\S*)/.exec(lines[i]);
    if (!open) continue;
    const end = lines.findIndex((line, at) => at > i && line.trim() === open[1]);
    if (end < 0) throw new Error(`line ${i + 1}: this block has no end`);
    const notRun = /^<!-- not run(?:: *(.*?))? *-->$/.exec(lines[i - 1] ?? '');
    blocks.push({ line: i + 1, language: open[2], text: lines.slice(i + 1, end).join('\n'), notRun: notRun ? (notRun[1] ?? '') : undefined });
    i = end;
  }
  return blocks;
}

/** `{line, text}` of each code span. */
export function spansOf(text) {
  const lines = prose(text);
  const whole = lines.join('\n');
  return [...whole.matchAll(/(`+)([^`]+?)\1/g)].map((found) => ({ line: whole.slice(0, found.index).split('\n').length, text: found[2].replaceAll('\n', ' ') }));
}

/** `{line, text}` of each code span in the first column of tables that is headed `heading`. */
export function firstColumn(text, heading) {
  const lines = prose(text);
  const found = [];
  let counts = false;
  lines.forEach((line, i) => {
    if (!line.startsWith('|')) counts = false;
    else if (counts) for (const span of spansOf(line.split('|')[1])) found.push({ line: i + 1, text: span.text });
    else if (/^\|[ -]*-/.test(lines[i + 1] ?? '')) counts = line.split('|')[1].trim() === heading;
  });
  return found;
}

/** Lines that stand indented instead of fenced. */
export const indentedOf = (text) => prose(text).flatMap((line, i) => (/^ {4}\S/.test(line) ? [{ line: i + 1, text: line.trim() }] : []));

/** `{line, target}` of links, pictures, and the sources of tags. */
export function linksOf(text) {
  const lines = prose(text).map((line) => line.replaceAll(/(`+)[^`]+?\1/g, (code) => '_'.repeat(code.length)));
  return lines.flatMap((line, i) =>
    [...line.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"\s]+)"/g)].map((found) => ({ line: i + 1, target: found[1] ?? found[2] })),
  );
}

/** The anchors of its headings, as GitHub makes them. */
export const anchorsOf = (text) =>
  prose(text).flatMap((line) => {
    const heading = /^#+ +(.*)$/.exec(line)?.[1];
    return heading === undefined ? [] : [heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-')];
  });
