// The part of the shop that the benchmark reads.
const stamps = `createdAt: String! updatedAt: String! version: Int!`;

export const schema = `
  type Query {
    order(id: ID!): Order
    orders(first: Int!, status: OrderStatus): [Order!]!
  }

  enum OrderStatus { draft placed shipped }

  type Order {
    id: ID!
    customerId: ID!
    status: OrderStatus!
    placedAt: String
    ${stamps}
    customer: User!
    lines: [OrderLine!]!
  }

  type User { id: ID! name: String! email: String! ${stamps} }

  type OrderLine {
    id: ID!
    orderId: ID!
    productId: ID!
    quantity: Int!
    ${stamps}
    product: Product!
  }

  type Product {
    id: ID!
    name: String!
    price: String!
    cost: String!
    stock: Int!
    ${stamps}
  }
`;
