const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const numbers = new Map(names.map((name, i) => [name, i + 1]));

/** `Jan` → 1 … `Dec` → 12; NaN for any other text. */
export const monthOf = (name: string): number => numbers.get(name) ?? Number.NaN;
