"""The Lambda function behind every custom resource of cdk-lookout.

Imports botocore and the standard library, nothing else: that is what the Lambda runtime holds.
"""
