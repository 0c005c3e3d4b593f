/** Order-like JSON of exactly so many bytes; the same for the same number, and as compressible as real orders are. */
export const orderJson = (i: number, bytes: number): string => {
  const hash = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  const start = JSON.stringify({
    order_id: i,
    customer: `c${hash % 100_003}`,
    amount: (hash % 1_000_000) / 100,
    currency: ['EUR', 'USD', 'CHF', 'SEK'][hash % 4],
    status: ['created', 'paid', 'shipped', 'returned'][(hash >>> 3) % 4],
    at: new Date(1_700_000_000_000 + i * 37).toISOString(),
    items: Array.from({ length: 1 + Math.floor(bytes / 300) }, (_, k) => ({
      sku: `sku-${(Math.imul(hash ^ k, 0x85ebca6b) >>> 0) % 50_000}`,
      quantity: 1 + ((hash >>> (k % 24)) % 5),
      price: ((Math.imul(hash + k, 0xc2b2ae35) >>> 0) % 20_000) / 100,
    })),
    note: '',
  });
  const missing = bytes - Buffer.byteLength(start);
  let note = '';
  for (let seed = hash; note.length < missing; ) {
    seed = (Math.imul(seed, 0x27d4eb2d) + 1) >>> 0;
    note += `${['parcel', 'left', 'at', 'the', 'door', 'gift', 'call', 'before'][seed >>> 29]} ${(seed >>> 8) % 1000} `;
  }
  return `${start.slice(0, -2)}${note.slice(0, Math.max(0, missing))}"}`;
};

/** An order of 12 flat fields of the types that columns have, filled up to so many bytes. */
export const flatOrderJson = (i: number, bytes: number): string => {
  const hash = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  const start = JSON.stringify({
    order_id: i,
    customer: `c${hash % 100_003}`,
    amount: (hash % 1_000_000) / 100,
    currency: ['EUR', 'USD', 'CHF', 'SEK'][hash % 4],
    paid: hash % 2 === 0,
    quantity: 1 + (hash % 9),
    weight: (hash % 30_000) / 1000,
    country: ['DE', 'FR', 'SE', 'US'][(hash >>> 5) % 4],
    channel: ['web', 'app', 'shop'][(hash >>> 7) % 3],
    at: new Date(1_700_000_000_000 + i * 37).toISOString(),
    sku: `sku-${hash % 50_000}`,
    note: '',
  });
  return `${start.slice(0, -2)}${'parcel left at the door '.repeat(9).slice(0, Math.max(0, bytes - start.length))}"}`;
};
