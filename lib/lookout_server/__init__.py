"""The services themselves: `pip install 'cdk-lookout[server]'`. So far `detection`, which judges, and `store`."""
