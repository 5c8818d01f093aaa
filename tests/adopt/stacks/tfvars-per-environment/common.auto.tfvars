application    = "theatre"
primary_region = "us-west-2"
