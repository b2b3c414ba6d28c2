# shellcheck shell=sh
# Moves the pods off a node through the eviction API, so that disruption budgets count. Forward only.
# It must never force: where a pod has no controller or local data, that is said and none is evicted; DaemonSet and mirror pods stay.
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

# pods prints NAMESPACE NAME UID STATE for what has to leave a node that was cordoned at $cordoned: evict, going, bare (no controller) or local (emptyDir).
pods() {
    k get pods -A --field-selector="spec.nodeName=$POOLDECK_NODE" -o go-template='{{range .items}}{{$owner := ""}}{{range .metadata.ownerReferences}}{{if .controller}}{{$owner = .kind}}{{end}}{{end -}}
{{$mirror := false}}{{range $key, $_ := .metadata.annotations}}{{if eq $key "kubernetes.io/config.mirror"}}{{$mirror = true}}{{end}}{{end -}}
{{$local := false}}{{range .spec.volumes}}{{if .emptyDir}}{{$local = true}}{{else if eq (printf "%v" .emptyDir) "map[]"}}{{$local = true}}{{end}}{{end -}}
{{$back := false}}{{if and $owner (gt .metadata.creationTimestamp "'"$cordoned"'")}}{{range .spec.tolerations}}{{if and (or (not .key) (eq .key "node.kubernetes.io/unschedulable")) (not .value) (or (not .effect) (eq .effect "NoSchedule"))}}{{$back = true}}{{end}}{{end}}{{end -}}
{{$over := or (eq .status.phase "Succeeded") (eq .status.phase "Failed") -}}
{{if and (ne $owner "DaemonSet") (not $mirror) (not $back)}}{{.metadata.namespace}} {{.metadata.name}} {{.metadata.uid}} {{if .metadata.deletionTimestamp}}going{{else if $over}}evict{{else if eq $owner ""}}bare{{else if $local}}local{{else}}evict{{end}}
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
    while read -r namespace name _ state; do
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
    while read -r namespace name uid state; do
        case $state in
            going) say "$namespace/$name has not ended yet" ;;
            *) evict "$namespace" "$name" "$uid" ;;
        esac
    done
}
evict() {
    answer=$(printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"namespace":"%s","name":"%s"},"deleteOptions":{"preconditions":{"uid":"%s"}}}' "$1" "$2" "$3" |
        k create --raw "/api/v1/namespaces/$1/pods/$2/eviction" -f - 2>&1) && { say "$1/$2 evicted" >&2; return 0; }
    case $answer in
        *TooManyRequests*) say "$1/$2 not evicted: $(budget "$1" "$2")" ;;
        *NotFound* | *Conflict*) ;;
        *) say "$1/$2 not evicted: $answer" ;;
    esac
}
# budget names the disruption budget that says no to a pod.
budget() {
    k get pdb -n "$1" -o go-template='{{range .items}}{{if eq .status.disruptionsAllowed 0}}{{.metadata.name}} {{range $k, $v := .spec.selector.matchLabels}}{{$k}}={{$v}},{{end -}}
{{range .spec.selector.matchExpressions}}{{if eq .operator "Exists"}}{{.key}}{{else if eq .operator "DoesNotExist"}}!{{.key}}{{else}}{{.key}} {{if eq .operator "In"}}in{{else}}notin{{end}} ({{range $i, $v := .values}}{{if $i}},{{end}}{{$v}}{{end}}){{end}},{{end}}
{{end}}{{end}}' 2>/dev/null | while read -r name selector; do
        [ -z "$(k get pod -n "$1" -l "${selector%,}" --field-selector="metadata.name=$2" -o name 2>/dev/null)" ] || { say "the disruption budget $1/$name allows none"; break; }
    done | grep . || say 'a disruption budget allows none'
}
