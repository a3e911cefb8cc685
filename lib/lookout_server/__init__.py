"""The services themselves: `pip install 'cdk-lookout[server]'`. So far what learns and judges, in `detection`."""
