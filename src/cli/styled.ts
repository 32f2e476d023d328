import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** The text in a colour or weight. Whether the output shows them was decided before (Output.colour), so Node is not to decide again. */
export const styled = (style: Style, text: string): string => styleText(style, text, { validateStream: false })
