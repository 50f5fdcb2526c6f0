//! Code blocks of the documents: commands with their output, and programs.
