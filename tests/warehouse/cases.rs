//! Expected statements for each engine.
