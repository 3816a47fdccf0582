// The commands and manifests of a Markdown page, in the order of the page.
//
// A fence `sh` holds commands, `console` a session (commands after `$ `, then what they print), `yaml` a manifest or the
// fields of one; a fence without a language shows output. The comment above a fence, which no reader sees, tells the test more:
//   <!-- file: geth.yaml -->       the manifest is this file of the commands that follow
//   <!-- not run: REASON -->       nothing is done with the block

export interface Block {
  /** Of its fence, counted from 1. */
  readonly line: number;
  readonly language: 'sh' | 'console' | 'yaml';
  readonly text: string;
  readonly file?: string;
  readonly notRun?: string;
}

interface Fence {
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The line above it that is not empty. */
  readonly above: string;
}

/** Output is left out. @throws Error for a fence of another language, or a comment without a reason */
export function blocksOf(page: string): readonly Block[] {
  return fencesOf(page).flatMap(({ line, language, text, above }) => {
    if (language === '') return [];
    if (language !== 'sh' && language !== 'console' && language !== 'yaml') {
      throw new Error(`line ${line}: a block of language ${language}, which no test reads: use sh, console or yaml`);
    }
    const [, directive, value = ''] = /^<!-- (file|not run): (.*) -->$/.exec(above) ?? [];
    if (directive === 'file') return { line, language, text, file: value };
    if (directive === undefined) return { line, language, text };
    if (value.split(' ').length < 3) throw new Error(`line ${line}: "not run" without a reason`);
    return { line, language, text, notRun: value };
  });
}

/** What is typed: the block itself, or the lines of a session that begin with `$ `. */
export function commandsOf({ language, text }: Block): string {
  if (language !== 'console') return text;
  return text
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2))
    .join('\n');
}

function fencesOf(page: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; language: string; lines: string[]; above: string } | undefined;
  let above = '';
  for (const [index, text] of page.split('\n').entries()) {
    if (open === undefined && text.startsWith('```')) {
      open = { line: index + 1, language: text.slice(3).trim(), lines: [], above };
    } else if (open !== undefined && text === '```') {
      fences.push({ ...open, text: open.lines.join('\n') });
      open = undefined;
    } else if (open !== undefined) open.lines.push(text);
    else if (text.trim() !== '') above = text;
  }
  if (open !== undefined) throw new Error(`line ${open.line}: the block has no end`);
  return fences;
}
