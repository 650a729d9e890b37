export const hostile: Readonly<Record<string, { text: () => string; codes: number[] }>> = {};
