"""The rules: faults in Terraform with valid syntax, references and schema. One module each."""
