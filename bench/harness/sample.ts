// The 1 KB document that a bench sends and receives, with three fields that sanitise redacts.

export const SAMPLE_USER = {
  id: 4711,
  name: 'Ada Example',
  email: 'ada@example.com',
  passwordHash: '$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZBh6mXQ0vJ3s1yN1C0yQv0xg1mZ3mS',
  card: { number: '4111111111111111', cvv: '123', expires: '2029-04' },
  address: { street: '1 Sample Street', city: 'Springfield', postcode: '12345', country: 'US' },
  roles: ['reader', 'editor'],
  preferences: { language: 'en', theme: 'dark', newsletter: false, items: [1, 2, 3, 5, 8, 13, 21] },
  orders: [
    { id: 'o-1001', total: 129.95, currency: 'USD', placed: '2026-01-05T10:00:00Z', status: 'shipped' },
    { id: 'o-1002', total: 18.5, currency: 'USD', placed: '2026-02-11T09:30:00Z', status: 'delivered' },
    { id: 'o-1003', total: 64, currency: 'USD', placed: '2026-03-20T16:45:00Z', status: 'returned' },
  ],
  note: 'Prefers deliveries in the afternoon; ring twice. Gate code is with the neighbour on the left side of the house.',
  tags: ['vip', 'wholesale', 'early-adopter'],
};

/** JSON Schema that the document fits. */
export const SAMPLE_SCHEMA = {
  type: 'object',
  required: ['id', 'name', 'email', 'card', 'orders'],
  additionalProperties: false,
  properties: {
    id: { type: 'integer', minimum: 1 },
    name: { type: 'string', maxLength: 100 },
    email: { type: 'string', format: 'email' },
    passwordHash: { type: 'string' },
    card: {
      type: 'object',
      required: ['number'],
      properties: { number: { type: 'string' }, cvv: { type: 'string' }, expires: { type: 'string' } },
    },
    address: { type: 'object', additionalProperties: { type: 'string' } },
    roles: { type: 'array', items: { type: 'string' } },
    preferences: { type: 'object' },
    orders: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'total'],
        properties: {
          id: { type: 'string' },
          total: { type: 'number' },
          currency: { type: 'string' },
          placed: { type: 'string' },
          status: { enum: ['shipped', 'delivered', 'returned'] },
        },
      },
    },
    note: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
  },
};
