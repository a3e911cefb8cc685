"""What the processes of Lambda functions find around them: the places of Lambda's file system, and its AWS SDK."""
