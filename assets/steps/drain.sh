# shellcheck shell=sh
# Moves the pods off a node through the eviction API, so that disruption budgets count. Forward only.
# It must never force: where a pod has no controller or local data, that is said and none is evicted; DaemonSet and mirror pods stay.
# But POOLDECK_OVERRIDE names budgets (NAMESPACE/NAME …) that a person has overridden for this run's drain of this node: a pod that only
# they keep is deleted, with its own time to end. Whoever else's budget says no keeps its pods.
# A controller's pod that tolerates a cordon and was made after it comes back as often as it is evicted: it stays, like a DaemonSet's,
# and its controller makes another one elsewhere when the Node is gone. Each pod that was there when the node was cordoned is evicted.
# Facts: 429 is a budget's no; one attempt ends after 20 s without progress with 75 and the next goes on; the deadline counts from the first
# attempt of this run and is kept on the Node, as the executor may change. Drains of several nodes only meet in the budgets.
check() {
    found=$(cordoned 2>&1) || cannot_tell "$found"
    cordoned=$found
    [ "$cordoned" != lifted ] || { not_so "node \`$POOLDECK_NODE\` takes pods"; return; }
    found=$(pods 2>&1) || cannot_tell "$found"
    left=$(printf '%s' "$found" | grep -c . || :)
    [ "$left" = 0 ] || not_so "$left pods are on node \`$POOLDECK_NODE\`"
}

# cordoned prints when the node was cordoned, as Kubernetes writes times; `lifted` when it takes pods, and `never` (both behind every
# time) when no taint says so.
cordoned() {
    found=$(k get node "$POOLDECK_NODE" --ignore-not-found -o 'jsonpath={.metadata.name}/{.spec.unschedulable}/{.spec.taints[?(@.key=="node.kubernetes.io/unschedulable")].timeAdded}') || return
    case $found in
        "$POOLDECK_NODE//"*) say lifted ;;
        */*/?*) say "${found##*/}" ;;
        *) say never ;;
    esac
}

# pods prints NAMESPACE NAME UID STATE KIND OWNER for what has to leave a node that was cordoned at $cordoned: evict, going, bare (no controller) or local (emptyDir).
pods() {
    k get pods -A --field-selector="spec.nodeName=$POOLDECK_NODE" -o go-template='{{range .items}}{{$owner := ""}}{{$by := ""}}{{range .metadata.ownerReferences}}{{if .controller}}{{$owner = .kind}}{{$by = .name}}{{end}}{{end -}}
{{$mirror := false}}{{range $key, $_ := .metadata.annotations}}{{if eq $key "kubernetes.io/config.mirror"}}{{$mirror = true}}{{end}}{{end -}}
{{$local := false}}{{range .spec.volumes}}{{if .emptyDir}}{{$local = true}}{{else if eq (printf "%v" .emptyDir) "map[]"}}{{$local = true}}{{end}}{{end -}}
{{$back := false}}{{if and $owner (gt .metadata.creationTimestamp "'"$cordoned"'")}}{{range .spec.tolerations}}{{if and (or (not .key) (eq .key "node.kubernetes.io/unschedulable")) (not .value) (or (not .effect) (eq .effect "NoSchedule"))}}{{$back = true}}{{end}}{{end}}{{end -}}
{{$over := or (eq .status.phase "Succeeded") (eq .status.phase "Failed") -}}
{{if and (ne $owner "DaemonSet") (not $mirror) (not $back)}}{{.metadata.namespace}} {{.metadata.name}} {{.metadata.uid}} {{if .metadata.deletionTimestamp}}going{{else if $over}}evict{{else if eq $owner ""}}bare{{else if $local}}local{{else}}evict{{end}} {{$owner}} {{$by}}
{{end}}{{end}}'
}

apply() {
    same_machine
    deadline=$(deadline) || later 'the API server does not answer' 'it is asked again until the deadline'
    idle_since=$(uptime_seconds)
    before=
    while :; do
        { cordoned=$(cordoned) && now=$(pods); } || later 'the API server does not say which pods are there' 'it is asked again until the deadline'
        [ "$cordoned" != lifted ] || later "node \`$POOLDECK_NODE\` takes pods again: somebody lifted its cordon" 'nothing more is evicted meanwhile'
        [ -n "$now" ] || { say "node $POOLDECK_NODE is drained"; return 0; }
        [ "$now" = "$before" ] || idle_since=$(uptime_seconds)
        before=$now
        refused=$(printf '%s\n' "$now" | refused_pods)
        if [ -n "$refused" ]; then
            say "$refused"
            fail "pods on node \`$POOLDECK_NODE\` cannot be evicted, so none is" 'move or delete them yourself, or let the server stay'
        fi
        blocked=$(printf '%s\n' "$now" | evict_all)
        if [ "$(date +%s)" -ge "$deadline" ]; then
            say "$blocked"
            fail "the deadline of $POOLDECK_DEADLINE s has passed" 'the answer chosen in the plan follows'
        fi
        if [ $(($(uptime_seconds) - idle_since)) -ge 20 ]; then
            say "$blocked"
            later "node \`$POOLDECK_NODE\` is not drained yet" 'it is tried again until the deadline'
        fi
        sleep 0.2
    done
}
refused_pods() {
    while read -r namespace name _ state _; do
        case $state in
            bare) say "$namespace/$name not evicted: it has no controller and would not come back" ;;
            local) say "$namespace/$name not evicted: it has local data (emptyDir)" ;;
        esac
    done
}

# deadline prints the unix second at which this run's drain of this node gives up.
deadline() {
    since=$(k get node "$POOLDECK_NODE" --ignore-not-found -o 'jsonpath={.metadata.annotations.pooldeck/drain-started}') || return
    case $since in
        "$POOLDECK_RUN."*) since=${since##*.} ;;
        *)
            since=$(date +%s)
            k annotate node "$POOLDECK_NODE" --overwrite "pooldeck/drain-started=$POOLDECK_RUN.$since" >/dev/null || return
            ;;
    esac
    echo $((since + POOLDECK_DEADLINE))
}

# evict_all reads pods, evicts what may go, and prints one line for each that is still there.
evict_all() {
    while read -r namespace name uid state owner; do
        case $state in
            going) say "$namespace/$name has not ended yet" ;;
            *) evict "$namespace" "$name" "$uid" "$owner" ;;
        esac
    done
}
evict() {
    answer=$(printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"namespace":"%s","name":"%s"},"deleteOptions":{"preconditions":{"uid":"%s"}}}' "$1" "$2" "$3" |
        k create --raw "/api/v1/namespaces/$1/pods/$2/eviction" -f - 2>&1) && { say "$1/$2 evicted" >&2; return 0; }
    case $answer in
        *TooManyRequests*"disruption budget"*) kept "$@" ;;
        *TooManyRequests*) say "$1/$2 not evicted: the API server is busy" ;;
        *NotFound* | *Conflict*) ;;
        *) say "$1/$2 not evicted: $answer" ;;
    esac
}
# kept says which disruption budgets keep a pod, a line each. Where a person has overridden every one of them, the pod is deleted.
kept() {
    budgets=$(budgets "$1" "$2")
    [ -n "$budgets" ] || { say "$1/$2 not evicted: a disruption budget allows none"; return; }
    firm=$(printf '%s\n' "$budgets" | while read -r budget ready all; do
        case " ${POOLDECK_OVERRIDE:-} " in
            *" $budget "*) ;;
            *) say "$1/$2 not evicted: the disruption budget $budget allows none ($ready of $all ready, made by $4)" ;;
        esac
    done)
    [ -n "$firm" ] || { delete "$@"; return; }
    say "$firm"
}
delete() {
    answer=$(printf '{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"%s"}}' "$3" |
        k delete --raw "/api/v1/namespaces/$1/pods/$2" -f - 2>&1) && {
        say "$1/$2 deleted, for a person overrode its disruption budget" >&2
        return 0
    }
    case $answer in
        *NotFound* | *Conflict*) ;;
        *) say "$1/$2 not deleted: $answer" ;;
    esac
}
# budgets prints NAMESPACE/NAME READY ALL for each disruption budget that says no to a pod.
budgets() {
    k get pdb -n "$1" -o go-template='{{range .items}}{{if eq .status.disruptionsAllowed 0}}{{.metadata.name}} {{.status.currentHealthy}} {{.status.expectedPods}} {{range $k, $v := .spec.selector.matchLabels}}{{$k}}={{$v}},{{end -}}
{{range .spec.selector.matchExpressions}}{{if eq .operator "Exists"}}{{.key}}{{else if eq .operator "DoesNotExist"}}!{{.key}}{{else}}{{.key}} {{if eq .operator "In"}}in{{else}}notin{{end}} ({{range $i, $v := .values}}{{if $i}},{{end}}{{$v}}{{end}}){{end}},{{end}}
{{end}}{{end}}' 2>/dev/null | while read -r name ready all selector; do
        # Whose pods it keeps cannot be seen: then it keeps this one, too.
        found=$(k get pod -n "$1" -l "${selector%,}" --field-selector="metadata.name=$2" -o name 2>/dev/null) || found=unknown
        [ -z "$found" ] || say "$1/$name $ready $all"
    done
}
