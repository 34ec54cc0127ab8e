// As much of XML as the answers of object stores need: elements without attributes, texts with the five entities.

/** What stands in each element of that name, outermost first come. */
export function xmlValues(text: string, element: string): readonly string[] {
  const pattern = new RegExp(`<${element}(?: [^>]*)?>(.*?)</${element}>`, "gs");
  return [...text.matchAll(pattern)].map(([, value]) => value ?? "");
}

/** Text of the first element of that name; empty when there is none. */
export function xmlText(text: string, element: string): string {
  return (xmlValues(text, element)[0] ?? "").replaceAll(/&(#x?[0-9a-fA-F]+|\w+);/g, (all, name: string) => {
    if (name.startsWith("#x")) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    return entities[name] ?? all;
  });
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export function toXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
