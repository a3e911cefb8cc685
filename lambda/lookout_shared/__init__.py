"""What the functions share: calls to AWS and their log, properties as the API has them, hours of hosting."""
