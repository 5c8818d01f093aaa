environment     = "dev"
account_id      = "111122223333"
replica_regions = []
api_rate_limit  = 100
retention_days  = 7
allowed_origins = ["http://localhost:3000"]
