-- The service's own database and user, who is no superuser; run again, it sets the password anew.
-- PostgreSQL's image runs it when the database is made. By hand, as a superuser:
--   DATABASE_PASSWORD_FILE=... psql --username postgres --file setup/database_user.sql
\set ON_ERROR_STOP on
\set password `head -n 1 "$DATABASE_PASSWORD_FILE"`
SELECT 'CREATE ROLE sohoa LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sohoa') \gexec
ALTER ROLE sohoa PASSWORD :'password';
SELECT 'CREATE DATABASE sohoa OWNER sohoa' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'sohoa') \gexec
