CREATE TABLE customers (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  segment text COLLATE "C",
  country text COLLATE "C",
  since date
);
CREATE TABLE sales (
  id bigint NOT NULL,
  customer_id bigint NOT NULL,
  product_id int,
  store_id int,
  date_id int,
  promo_id int,
  quantity int,
  price numeric(10,2),
  discount numeric(4,2),
  cost numeric(10,2),
  PRIMARY KEY (customer_id, id)
);
CREATE TABLE products (
  id int PRIMARY KEY,
  name text COLLATE "C",
  category text COLLATE "C",
  brand text COLLATE "C",
  list_price numeric(10,2)
);
CREATE TABLE stores (
  id int PRIMARY KEY,
  name text COLLATE "C",
  city text COLLATE "C",
  region text COLLATE "C",
  opened date
);
CREATE TABLE dates (id int PRIMARY KEY, day date, month int, quarter int, year int, weekday int);
CREATE TABLE promos (id int PRIMARY KEY, name text COLLATE "C", kind text COLLATE "C");
