// Doc comments as Markdown.
import ts from "typescript";

export interface DocComment {
  readonly text: string;
  readonly returns: string | null;
  readonly throws: string | null;
  readonly params: readonly { readonly name: string; readonly text: string }[];
}

export function docCommentOf(node: ts.Node): DocComment {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const tags = comments.flatMap((comment) => [...(comment.tags ?? [])]);
  const textOf = (tag: ts.JSDocTag | undefined): string | null =>
    tag === undefined ? null : prose(ts.getTextOfJSDocComment(tag.comment) ?? "");
  return {
    text: comments.map((comment) => paragraphs(ts.getTextOfJSDocComment(comment.comment) ?? "")).join("\n\n"),
    returns: textOf(tags.find((tag) => tag.tagName.text === "returns")),
    throws: textOf(tags.find((tag) => tag.tagName.text === "throws")),
    params: tags
      .filter(ts.isJSDocParameterTag)
      .map((tag) => ({ name: tag.name.getText(), text: (textOf(tag) ?? "").replace(/^-\s*/, "") })),
  };
}

/** All in one line, for tables. */
export function inOneLine({ text, returns, throws, params }: DocComment): string {
  return [
    text.replace(/\s+/g, " "),
    ...params.map((param) => `\`${param.name}\`: ${ended(param.text)}`),
    ...(returns === null ? [] : [`Returns ${ended(returns)}`]),
    ...(throws === null ? [] : [`Throws ${ended(throws)}`]),
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** Below a heading. */
export function asParagraphs({ text, returns, throws, params }: DocComment): string[] {
  return [
    text,
    ...params.map((param) => `\`${param.name}\`: ${ended(param.text)}`),
    ...(returns === null ? [] : [`Returns ${ended(returns)}`]),
    ...(throws === null ? [] : [`Throws ${ended(throws)}`]),
  ].filter((part) => part !== "");
}

const CODE = /\b[A-Z]{2,}(?:_[A-Z]+)+\b/g;

function prose(text: string): string {
  return text.replace(/\s+/g, " ").trim().replaceAll(CODE, "`$&`");
}

/** Lines that are indented are code. */
function paragraphs(text: string): string {
  return text
    .split(/\n\s*\n/)
    .map((part) => (/^ {4}/.test(part) ? `\`\`\`ts\n${part.replaceAll(/^ {4}/gm, "").trimEnd()}\n\`\`\`` : prose(part)))
    .join("\n\n");
}

function ended(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}
