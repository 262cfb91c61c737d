CREATE TYPE task_state AS ENUM ('open', 'done', 'dropped');
ALTER TYPE task_state ADD VALUE 'blocked' BEFORE 'done';
CREATE TABLE plans (name text COLLATE "C" PRIMARY KEY, price numeric(8,2), seats int);
CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL, plan text COLLATE "C", since date);
CREATE TABLE projects (
  tenant_id int NOT NULL,
  id int NOT NULL,
  name text,
  budget numeric,
  PRIMARY KEY (tenant_id, id)
);
CREATE TABLE members (
  tenant_id int NOT NULL,
  id int NOT NULL,
  name text COLLATE "C",
  role text COLLATE "C",
  joined timestamptz,
  PRIMARY KEY (tenant_id, id)
);
CREATE TABLE tasks (
  tenant_id int NOT NULL,
  id int NOT NULL,
  project_id int,
  title text,
  state task_state,
  priority int2,
  hours numeric(6,2),
  due date,
  assignee int,
  parent int,
  PRIMARY KEY (tenant_id, id)
);
CREATE VIEW open_tasks AS SELECT * FROM tasks WHERE state = 'open';
CREATE VIEW project_hours AS
  SELECT tenant_id, project_id, sum(hours) AS hours FROM tasks GROUP BY tenant_id, project_id;
