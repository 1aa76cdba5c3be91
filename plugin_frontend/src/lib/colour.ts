/** Colour maps as tables of 256 entries, and what text on them has to look like. */

export type Rgb = readonly [number, number, number];

/** 256 x 3 bytes. */
export type ColourTable = Uint8Array;

export const TABLE_SIZE = 256;

type Polynomial = readonly Rgb[];

// Degree-6 fits of matplotlib's maps, by Matt Zucker (public domain), within 2 % per channel.
const VIRIDIS: Polynomial = [
  [0.2777273272, 0.0054073445, 0.3340998053],
  [0.1050930431, 1.4046135299, 1.3845901626],
  [-0.3308618287, 0.2148475595, 0.095095163],
  [-4.634230499, -5.7991009734, -19.3324409563],
  [6.2282699363, 14.1799333668, 56.6905526007],
  [4.7763849977, -13.7451453777, -65.3530326334],
  [-5.4354558559, 4.6458526122, 26.3124352496],
];

const MAGMA: Polynomial = [
  [-0.0021364851, -0.0007496551, -0.0053861279],
  [0.2516605407, 0.6775232437, 2.4940265993],
  [8.3537172792, -3.577719515, 0.314467903],
  [-27.6687330858, 14.264730781, -13.6492131881],
  [52.1761398123, -27.9436060717, 12.9441694424],
  [-50.7685253647, 29.0465828213, 4.234152994],
  [18.6557050659, -11.48977352, -5.6019615087],
];

// ColorBrewer's RdBu with 9 classes, turned round, so that blue is less and red is more.
const BLUE_WHITE_RED: readonly Rgb[] = [
  [33, 102, 172], [67, 147, 195], [146, 197, 222], [209, 229, 240], [247, 247, 247],
  [253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43],
];

// The same hues around a dark middle, so that "no change" recedes on a dark page.
const BLUE_DARK_RED: readonly Rgb[] = [
  [209, 229, 240], [146, 197, 222], [67, 147, 195], [40, 100, 150], [38, 66, 92], [44, 48, 54],
  [94, 52, 50], [150, 58, 56], [214, 96, 77], [244, 165, 130], [253, 219, 199],
];

/** How much of the paper shows through: magma turned round would begin in yellow, not in white. */
const PAPER_UNTIL = 0.2;

export const viridis: ColourTable = fromPolynomial(VIRIDIS);
export const magma: ColourTable = fromPolynomial(MAGMA);
/** For words on a light page: from the page's white to magma's darkest. */
export const magmaOnLight: ColourTable = fill((position, channel) => {
  const paper = Math.max(0, 1 - position / PAPER_UNTIL);
  const colour = colourAt(magma, 1 - position)[channel];
  return colour + paper * (244 - colour);
});
export const diverging: ColourTable = fromStops(BLUE_WHITE_RED);
export const divergingDark: ColourTable = fromStops(BLUE_DARK_RED);

/** The same colours the other way round. */
export function reversed(table: ColourTable): ColourTable {
  return fill((position, channel) => colourAt(table, 1 - position)[channel]);
}

/** The colour of a position in 0..1; outside values get the colour of the nearer end. */
export function colourAt(table: ColourTable, position: number): Rgb {
  const index = 3 * Math.round(Math.min(1, Math.max(0, position)) * (TABLE_SIZE - 1));
  return [table[index], table[index + 1], table[index + 2]];
}

/** A CSS colour. */
export function css([red, green, blue]: Rgb, alpha = 1): string {
  return alpha >= 1 ? `rgb(${red} ${green} ${blue})` : `rgb(${red} ${green} ${blue} / ${alpha.toFixed(3)})`;
}

/** Relative luminance after WCAG 2, 0 (black) to 1 (white). */
export function luminance([red, green, blue]: Rgb): number {
  const linear = (channel: number) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Black or white, whichever contrasts more with the background: always at least 4.5 to 1. */
export function inkOn(background: Rgb): "black" | "white" {
  const light = luminance(background) + 0.05;
  return light / 0.05 > 1.05 / light ? "black" : "white";
}

/** A CSS gradient from the table's first to its last colour. */
export function gradient(table: ColourTable): string {
  const stops = Array.from({ length: 17 }, (_, index) => css(colourAt(table, index / 16)));
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

function fromPolynomial(coefficients: Polynomial): ColourTable {
  return fill((position, channel) => {
    const share = coefficients.reduceRight((sum, term) => sum * position + term[channel], 0);
    return 255 * share;
  });
}

function fromStops(stops: readonly Rgb[]): ColourTable {
  return fill((position, channel) => {
    const place = position * (stops.length - 1);
    const lower = Math.min(stops.length - 2, Math.floor(place));
    return stops[lower][channel] + (place - lower) * (stops[lower + 1][channel] - stops[lower][channel]);
  });
}

function fill(channelAt: (position: number, channel: number) => number): ColourTable {
  const table = new Uint8Array(3 * TABLE_SIZE);
  for (let index = 0; index < TABLE_SIZE; index++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = Math.round(channelAt(index / (TABLE_SIZE - 1), channel));
      table[3 * index + channel] = Math.min(255, Math.max(0, value));
    }
  }
  return table;
}
