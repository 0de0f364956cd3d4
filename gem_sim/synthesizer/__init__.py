"""One model for the whole pipeline: text in, tools, environment and trajectory out, trained and judged by execution."""
