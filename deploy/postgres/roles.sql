-- Runs once, when PostgreSQL makes its data: Boon and Temporal each own their databases and cannot read the other's.
\getenv boon_password BOON_DATABASE_PASSWORD
\getenv temporal_password TEMPORAL_DATABASE_PASSWORD
CREATE ROLE boon_app LOGIN PASSWORD :'boon_password';
CREATE DATABASE boon OWNER boon_app;
REVOKE CONNECT ON DATABASE boon FROM PUBLIC;
-- Temporal's schema tool creates its two databases by itself.
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal_password';
