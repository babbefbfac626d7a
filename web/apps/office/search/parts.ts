export interface Part {
  text: string;
  /** It is what was looked for. */
  hit: boolean;
}

/** Cuts a text at the words of a query; of overlapping ones the longest counts. */
export function parts(text: string, query: string): Part[] {
  const words = [...new Set(query.trim().split(/\s+/).filter(Boolean))]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (words.length === 0) return [{ text, hit: false }];
  const cut = new RegExp(`(${words.join('|')})`, 'giu');
  // Splitting at a group puts the separators at the odd places.
  return text
    .split(cut)
    .map((piece, index) => ({ text: piece, hit: index % 2 === 1 }))
    .filter((part) => part.text !== '');
}
