terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.60" }
  }
}

provider "aws" {
  alias  = "frankfurt"
  region = "eu-central-1"
}

provider "aws" {
  alias  = "stockholm"
  region = "eu-north-1"
}

provider "aws" {
  alias  = "zurich"
  region = "eu-central-2"
}

variable "project_name" {
  type    = string
  default = "Festival_Ticketing"
}

variable "stage" {
  type    = string
  default = "dev"
}

variable "dr_region" {
  type    = string
  default = "eu-north-1"
}

module "frankfurt" {
  source    = "./modules/region"
  name      = "${var.project_name}-${var.stage}"
  stage     = var.stage
  is_home   = true
  providers = { aws = aws.frankfurt, aws.peer = aws.stockholm }
}

module "stockholm" {
  source    = "./modules/region"
  name      = "${var.project_name}-${var.stage}"
  stage     = var.stage
  providers = { aws = aws.stockholm, aws.peer = aws.frankfurt }
}

module "zurich" {
  source    = "./modules/region"
  name      = "${var.project_name}-${var.stage}"
  stage     = var.stage
  providers = { aws = aws.zurich, aws.peer = aws.frankfurt }
}

module "monitoring" {
  source    = "terraform-aws-modules/cloudwatch/aws//modules/metric-alarm"
  version   = "5.6.1"
  providers = { aws = aws.frankfurt }
}
