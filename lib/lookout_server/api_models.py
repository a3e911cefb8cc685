"""Where the models of the two services are, for any botocore loader: the build puts them there (`make asset`)."""

from pathlib import Path

MODELS = Path(__file__).resolve().parent / "_models"
