"""The rules: what is wrong with Terraform that parses, refers and fits its schema. One module each."""
