/** $1: name of a generation, where one begins. The next turn; whoever takes the one after waits until this transaction ends. */
export const takeTurnSql = `
  INSERT INTO computed.feed_turn AS t (one, turn, generation) VALUES (true, 1, $1)
  ON CONFLICT (one) DO UPDATE SET turn = t.turn + 1
  RETURNING turn`;
