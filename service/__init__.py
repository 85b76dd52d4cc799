"""Answers buyer messages: policy, replies, exports, HTTP and the command line, over the package `model`."""
