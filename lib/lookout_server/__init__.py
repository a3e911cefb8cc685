"""The services themselves: `pip install 'cdk-lookout[server]'`."""
