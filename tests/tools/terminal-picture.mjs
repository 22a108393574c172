// terminal-picture.mjs TITLE <text >picture.svg: what a terminal shows, as a picture for the README. Knows the SGR codes that
// the program uses: bold, dim, yellow, red, reset (ECMA-48).
import { readFileSync } from 'node:fs';

const kStyles = { 0: null, 1: 'font-weight="bold"', 2: 'fill="#8b949e"', 31: 'fill="#ff7b72"', 33: 'fill="#e3b341"' };
const kLine = 19;
const kCharacter = 8.43;
const kMargin = 16;
const kBar = 34;

// SVG folds plain spaces, and viewers differ in how they are kept from it.
const escape = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(' ', '\u00a0');

const lines = readFileSync(0, 'utf8').trimEnd().split('\n');
const plain = lines.map((line) => line.replace(/\x1b\[[\d;]*m/g, ''));
const width = Math.ceil(Math.max(...plain.map((line) => line.length)) * kCharacter + 2 * kMargin);
const height = kBar + lines.length * kLine + kMargin;

const spans = (line) => {
  let style = null;
  return line
    .split(/(\x1b\[[\d;]*m)/)
    .map((piece) => {
      const code = /^\x1b\[([\d;]*)m$/.exec(piece);
      if (code) {
        style = kStyles[Number(code[1] || 0)] ?? null;
        return '';
      }
      if (piece === '') return '';
      return style ? `<tspan ${style}>${escape(piece)}</tspan>` : escape(piece);
    })
    .join('');
};

const rows = lines.map((line, i) => `<text x="${kMargin}" y="${kBar + (i + 0.8) * kLine}">${spans(line)}</text>`);
const dots = ['#ff5f57', '#febc2e', '#28c840'].map((c, i) => `<circle cx="${18 + 18 * i}" cy="17" r="5.5" fill="${c}"/>`);
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${dots.join('')}<text x="${width / 2}" y="22" fill="#8b949e" text-anchor="middle" font-family="sans-serif" font-size="13">${escape(process.argv[2] ?? '')}</text>
<g font-family="ui-monospace, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">
${rows.join('\n')}
</g>
</svg>`);
