/** The inverse of a symmetric, positive definite matrix (Gauss and Jordan; none needs rows exchanged). */
export function inverse(matrix: readonly Float64Array[]): Float64Array[] {
  const n = matrix.length;
  const left = matrix.map((row) => row.slice());
  const right = left.map((_, i) => new Float64Array(n).map((__, j) => Number(i === j)));
  for (let pivot = 0; pivot < n; pivot++) {
    const scale = 1 / left[pivot][pivot];
    for (let j = 0; j < n; j++) {
      left[pivot][j] *= scale;
      right[pivot][j] *= scale;
    }
    for (let row = 0; row < n; row++) {
      const part = left[row][pivot];
      if (row === pivot || part === 0) continue;
      for (let j = 0; j < n; j++) {
        left[row][j] -= part * left[pivot][j];
        right[row][j] -= part * right[pivot][j];
      }
    }
  }
  return right;
}
