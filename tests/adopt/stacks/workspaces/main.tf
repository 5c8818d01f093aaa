terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.60" }
  }
  cloud {
    organization = "clubs"
    workspaces {
      tags = ["tickets"]
    }
  }
}

locals {
  app = "club-night"
  settings = {
    test = {
      account = "123456789012"
      regions = ["us-east-1"]
      shards  = 1
    }
    prod = {
      account = "210987654321"
      regions = ["us-east-1", "us-east-2"]
      shards  = 4
    }
  }
  current = local.settings[terraform.workspace]
}

provider "aws" {
  region = "us-east-1"
  assume_role {
    role_arn = "arn:aws:iam::${local.current.account}:role/deploy-${terraform.workspace}"
  }
}

provider "aws" {
  alias  = "ohio"
  region = "us-east-2"
  assume_role {
    role_arn = "arn:aws:iam::${local.current.account}:role/deploy-${terraform.workspace}"
  }
}

resource "aws_kinesis_stream" "sales" {
  name        = "${local.app}-sales-${terraform.workspace}"
  shard_count = local.current.shards
}

resource "aws_kinesis_stream" "sales_ohio" {
  count       = contains(local.current.regions, "us-east-2") ? 1 : 0
  provider    = aws.ohio
  name        = "${local.app}-sales-${terraform.workspace}"
  shard_count = local.current.shards
}

resource "aws_rds_cluster" "reporting" {
  cluster_identifier  = "${local.app}-reporting-${terraform.workspace}"
  engine              = "aurora-postgresql"
  deletion_protection = terraform.workspace == "prod"
}

resource "aws_cloudwatch_metric_alarm" "lag" {
  alarm_name          = "${local.app}-lag-${terraform.workspace}"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  alarm_actions       = ["arn:aws:sns:us-east-1:${local.current.account}:on-call"]
}

resource "null_resource" "migrate" {
  provisioner "local-exec" {
    command = "./migrate.sh"
  }
}
