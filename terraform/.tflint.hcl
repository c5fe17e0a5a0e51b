# All rules of the language; those of the provider come as a plugin from its own registry.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
