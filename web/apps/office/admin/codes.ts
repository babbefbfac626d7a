import type { ListCode } from '@core/admin';

/** A code as it is edited: with a place that does not change when its key is typed. */
export interface EditedCode extends ListCode {
  row: number;
  /** Not yet saved: its key can still be typed. */
  fresh: boolean;
}

let rows = 0;

export function toEdit(codes: ListCode[]): EditedCode[] {
  return codes.map((code) => ({
    ...code,
    label: { ...code.label },
    synonyms: [...code.synonyms],
    row: (rows += 1),
    fresh: false,
  }));
}

export function newCode(): EditedCode {
  return {
    code: '',
    label: { zh: '', en: '' },
    parent: null,
    synonyms: [],
    retired: false,
    shipped: false,
    row: (rows += 1),
    fresh: true,
  };
}

/** All codes in their order, as the server takes them. */
export function toSend(codes: EditedCode[]) {
  return codes.map(({ code, label, parent, synonyms, retired }) => ({
    code: code.trim(),
    label: { zh: label.zh.trim(), en: label.en.trim() },
    ...(parent ? { parent } : {}),
    synonyms: synonyms.map((text) => text.trim()).filter(Boolean),
    retired,
  }));
}

export function move<T>(list: T[], from: number, by: 1 | -1): T[] {
  const to = from + by;
  if (to < 0 || to >= list.length) return list;
  const moved = [...list];
  [moved[from], moved[to]] = [moved[to]!, moved[from]!];
  return moved;
}
