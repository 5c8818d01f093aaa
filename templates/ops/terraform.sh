# Run one action of Terraform in one root module, for the Makefile: sh ops/terraform.sh ACTION ROOT
#
# Each line of the output begins with the root module, and the whole output is in ROOT/ACTION.log. A suffix other than
# the environment's own has data directories, plans and states of its own.
set -u

action=$1
root=${2:-}

fail() {
  echo "${root:+$root: }$1" >&2
  exit 2
}

case $SUFFIX in
  '' | -* | *- | *--* | [!a-z]* | *[!a-z0-9-]*)
    fail "SUFFIX is lower-case letters, digits and single inner hyphens, a letter first"
    ;;
esac

if [ "$action" = validate ] || [ "$action" = test ]; then
  mark=-validate # a data directory that no backend uses
  export TF_DATA_DIR="$PWD/$root/.terraform$mark"
elif [ "$SUFFIX" = "$DEFAULT_SUFFIX" ]; then
  mark=
  unset TF_DATA_DIR
else
  mark=-$SUFFIX
  export TF_DATA_DIR="$PWD/$root/.terraform$mark"
fi
[ "$action" != test ] || SUFFIX=$DEFAULT_SUFFIX # the tests are about the environment's own names
export TF_VAR_environment_suffix="$SUFFIX" TF_IN_AUTOMATION=1
plan=tfplan$mark
log=$root/$action$mark.log

terraform() {
  command=$1
  shift
  # Without a bucket, the state is a file in the folder of the root module.
  case $command in
    plan | apply | destroy | output) [ -z "$STATE_PREFIX" ] && [ -n "$mark" ] && set -- "-state=$SUFFIX.tfstate" "$@" ;;
    state) [ -z "$STATE_PREFIX" ] && [ -n "$mark" ] && set -- "$@" "-state=$SUFFIX.tfstate" ;;
  esac
  # `command` skips this function, which has the same name.
  command "$TERRAFORM" "-chdir=$root" "$command" "$@"
}

# Runs a command with the root module's name in front of each line of its output, and returns its exit status.
told() {
  status=$(
    {
      {
        "$@" 2>&1 3>&- 4>&-
        echo $? >&3
      } | tee -a "$log" | awk -v name="$root: " '{ print name $0; fflush() }' >&4
    } 3>&1
  ) 4>&1
  return "$status"
}

is_retired() {
  case " $RETIRED " in
    *" $root "*) return 0 ;;
  esac
  return 1
}

# Whether the state holds a resource, with the addresses in `held`, one on each line; data sources do not count. A state
# that cannot be read may hold something.
holds_resources() {
  if held=$(terraform state list 2>"$root/state$mark.log"); then
    held=$(printf '%s\n' "$held" | sed -n -E '/^(module\.[^.]*\.)*data\./!p')
    [ -n "$held" ]
  elif grep -q 'No state file was found' "$root/state$mark.log"; then
    return 1
  else
    told cat "$root/state$mark.log"
    fail "the state cannot be read, so nobody knows what is left"
  fi
}

initialize() {
  ready=$root/.terraform$mark/ticketgen-initialized
  if [ -e "$ready" ] && [ -z "$(find "$root" modules -maxdepth 2 \( -name '*.tf' -o -name backend.hcl \) -newer "$ready" 2>/dev/null | head -n 1)" ]; then
    return 0
  fi
  : >"$log"
  if [ -n "$STATE_PREFIX" ]; then
    told terraform init -input=false -no-color -reconfigure -backend-config=backend.hcl \
      "-backend-config=key=$STATE_PREFIX/$SUFFIX/$root.tfstate" || return
  else
    told terraform init -input=false -no-color || return
  fi
  mkdir -p "$root/.terraform$mark" && : >"$ready"
}

make_plan() {
  : >"$log"
  rm -f "$root/$plan" "$root/$plan.txt"
  set -- -input=false -no-color "-out=$plan"
  if is_retired; then
    if ! holds_resources; then
      told echo "nothing is left: ticketgen remove-region ${root#*/} --destroyed deletes the folder"
      return 0
    fi
    set -- -destroy "$@"
  fi
  if told terraform plan "$@"; then
    terraform show -no-color "$plan" >"$root/$plan.txt"
    return
  fi
  rm -f "$root/$plan" # Terraform saves what it planned before an error, and refuses to apply that
  case $root in
    regions/*) is_first_deployment && return 0 ;;
  esac
  told echo "cannot be planned: see the error above"
  return 1
}

# Whether data/ of the Region is not applied yet: regions/ looks up what it creates, and cannot be planned before. A state
# that cannot be read says nothing.
is_first_deployment() {
  region=${root#regions/}
  outputs=$(
    root=data/$region
    log=$root/init$mark.log
    [ -z "$mark" ] || TF_DATA_DIR="$PWD/$root/.terraform$mark"
    initialize >/dev/null && terraform output -no-color -json 2>/dev/null
  ) || return 1
  case $outputs in
    *kms_key_arn*) return 1 ;;
  esac
  told echo "cannot be planned yet, because data/$region is not applied: apply data/$region, then plan again"
}

apply_plan() {
  : >"$log"
  if is_retired; then
    retire
  elif [ -e "$root/$plan" ]; then
    told terraform apply -input=false -no-color "$plan"
    status=$?
    rm -f "$root/$plan" "$root/$plan.txt"
    return $status
  elif [ "$AUTO_APPROVE" = 1 ]; then
    told terraform apply -input=false -no-color -auto-approve
  elif [ -n "$ONLY" ] && [ -t 0 ]; then
    terraform apply
  else
    fail "no plan is saved: run make plan and read it, then apply again, or plan and apply at once with AUTO_APPROVE=1"
  fi
}

# A saved plan of the destruction is the approval. It cannot be applied itself, because switching off the deletion
# protection changes the state. That is done only for what is left: an apply of the whole root module would create again
# what an earlier, interrupted destruction has removed.
retire() {
  if ! holds_resources; then
    told echo "nothing is left: ticketgen remove-region ${root#*/} --destroyed deletes the folder"
    return 0
  fi
  if [ ! -e "$root/$plan" ] && [ "$AUTO_APPROVE" != 1 ]; then
    fail "the Region is retired, and everything in it will be destroyed: run make plan and read it, then apply again, or destroy at once with AUTO_APPROVE=1"
  fi
  case $root in
    data/*)
      set -- -input=false -no-color -auto-approve
      while IFS= read -r address; do
        set -- "$@" "-target=$address"
      done <<END
$held
END
      told terraform apply "$@" || return
      ;;
  esac
  told terraform destroy -input=false -no-color -auto-approve || return
  rm -f "$root/$plan" "$root/$plan.txt"
}

case $action in
  init) initialize ;;
  validate)
    : >"$log"
    told terraform init -input=false -no-color -backend=false && told terraform validate -no-color
    ;;
  test)
    : >"$log"
    told terraform init -input=false -no-color -backend=false && told terraform test -no-color
    ;;
  plan) make_plan ;;
  apply) apply_plan ;;
  destroy)
    : >"$log"
    told terraform destroy -input=false -no-color -auto-approve
    ;;
  output)
    echo "# $root"
    terraform output -no-color
    ;;
  summary)
    shift
    for root in "$@"; do
      found=$(grep -h -E '^(Plan:|No changes)|cannot be planned|nothing is left' "$root/plan$mark.log" 2>/dev/null | tail -n 1)
      echo "$root: ${found:-no plan}"
    done
    ;;
  *) fail "unknown action $action" ;;
esac
