environment     = "production"
account_id      = "444455556666"
replica_regions = ["us-east-2", "ca-central-1"]
api_rate_limit  = 3150
retention_days  = 365
allowed_origins = ["https://theatre.example.com"]
