/** An entry's score and the interval that holds the true one with 95 % confidence; low = high: the method has none. */
export interface Scored {
  entry: string;
  score: number;
  low: number;
  high: number;
}

/** Of the normal distribution: 95 % lie within so many standard deviations. */
export const Z95 = 1.959963984540054;

export const around = (entry: string, score: number, deviation: number): Scored => ({
  entry,
  score,
  low: score - Z95 * deviation,
  high: score + Z95 * deviation,
});
