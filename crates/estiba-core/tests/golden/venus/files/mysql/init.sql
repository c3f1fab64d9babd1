create table planet (name text primary key);
