//! The command line on a database.
