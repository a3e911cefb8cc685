"""The two wire protocols: requests read and checked by the services' models, answers written, errors, pages, tokens."""
