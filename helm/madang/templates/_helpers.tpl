{{/* The names of all systems there are: files in dapr/ with apps. */}}
{{- define "madang.known" -}}
{{- $known := list -}}
{{- range $path, $_ := .Files.Glob "dapr/*.yaml" -}}
{{- $template := $.Files.Get $path | fromYaml -}}
{{- if $template.apps }}{{ $known = append $known $template.name }}{{ end -}}
{{- end -}}
{{- $known | toJson -}}
{{- end -}}

{{/*
The services of this release as a JSON list: {system, name, appId, settings, needs, tables, resources}. Read from the same files
as on a laptop: dapr/<system>.yaml names them, dapr/resiliency says who calls whom, components/ what they stand on. `resources` are
those of Dapr, each with the mark of its settings, which is also its annotation madang/settings.
*/}}
{{- define "madang.services" -}}
{{- $known := include "madang.known" . | fromJsonArray -}}
{{- $all := list -}}
{{- $names := list -}}
{{- range $system := $known -}}
{{- $template := $.Files.Get (printf "dapr/%s.yaml" $system) | fromYaml -}}
{{- range $app := $template.apps -}}
{{- $names = append $names $app.appID -}}
{{- if has $system $.Values.systems -}}
{{- $settings := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy (get $.Values.services $app.appID | default dict)) -}}
{{- $configuration := include "madang.daprConfiguration" (dict "root" $ "service" (dict "system" $system "appId" $app.appID)) -}}
{{- $resources := dict (printf "configurations/%s" $app.appID) (include "madang.mark" $configuration) -}}
{{- range $path, $_ := $.Files.Glob "dapr/resiliency/*.yaml" -}}
{{- $resiliency := $.Files.Get $path | fromYaml -}}
{{- if has $app.appID $resiliency.scopes }}{{ $_ := set $resources (printf "resiliencies/%s" $resiliency.metadata.name) (include "madang.mark" (toYaml $resiliency)) }}{{ end -}}
{{- end -}}
{{- $needs := list -}}
{{- $tables := list -}}
{{- range $component := include "madang.components" $ | fromJsonArray -}}
{{- if has $app.appID $component.scopes }}{{ $needs = append $needs $component.spec.type -}}
{{- $_ := set $resources (printf "components/%s" $component.metadata.name) (include "madang.componentMark" (dict "root" $ "component" $component)) -}}
{{- if eq $component.spec.type "state.mysql" -}}
{{- $at := dict -}}
{{- range $component.spec.metadata }}{{ $_ := set $at .name .value }}{{ end -}}
{{- $tables = append $tables (list $at.schemaName $at.tableName $at.metadataTableName | join ".") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $name := trimPrefix (printf "%s-" $system) $app.appID -}}
{{- $all = append $all (dict "system" $system "name" $name "appId" $app.appID "settings" $settings "needs" $needs "tables" $tables "resources" $resources) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $system := .Values.systems -}}
{{- if not (has $system $known) }}{{ fail (printf "systems: there is no system %q; there is %s." $system (join ", " $known)) }}{{ end -}}
{{- end -}}
{{- range $appId, $_ := .Values.services -}}
{{- if not (has $appId $names) }}{{ fail (printf "services: there is no service %q; there is %s." $appId (join ", " $names)) }}{{ end -}}
{{- end -}}
{{- $all | toJson -}}
{{- end -}}

{{/*
The component files of the profile whose scope is in this release. A SQLite file would vanish with its pod, so where the
light profile has one, the full profile's store (Redis) is taken.
*/}}
{{- define "madang.components" -}}
{{- $all := list -}}
{{- range $path, $_ := .Files.Glob (printf "components/%s/*.yaml" .Values.profile) -}}
{{- $component := $.Files.Get $path | fromYaml -}}
{{- if eq $component.spec.type "state.sqlite" }}{{ $component = $.Files.Get (replace "/light/" "/full/" $path) | fromYaml }}{{ end -}}
{{- if has (index $component.scopes 0 | splitList "-" | first) $.Values.systems }}{{ $all = append $all $component }}{{ end -}}
{{- end -}}
{{- $all | toJson -}}
{{- end -}}

{{- define "madang.image" -}}
{{ .root.Values.image.registry }}/madang/{{ .name }}:{{ include "madang.tag" .root }}
{{- end -}}

{{- define "madang.labels" -}}
app.kubernetes.io/part-of: madang
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/instance: {{ .Release.Name }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* On every pod that a release starts: what policies and the mesh select by. */}}
{{- define "madang.podLabels" -}}
app.kubernetes.io/part-of: madang
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/*
On every pod that is in the mesh: it has Istio's proxy before its first container, and ends with its own. prepare comes to
stores through it, and a pod of `helm test` would go on for ever with a proxy that does. Not every installation of Istio makes
such by itself. Where Istio is switched on later, this makes the pods anew, so that each has its proxy.
*/}}
{{- define "madang.proxyFirst" -}}
sidecar.istio.io/nativeSidecar: "true"
{{- end -}}

{{/* The pods of this release's services; their init container prepares, so it is among them. */}}
{{- define "madang.servicePods" -}}
matchLabels:
  app.kubernetes.io/instance: {{ .Release.Name }}
matchExpressions:
  - { key: madang/system, operator: Exists }
{{- end -}}

{{/* Where Istio's ingress stands before the gateways, nobody needs a load balancer of their own. */}}
{{- define "madang.gatewayType" -}}
{{- .Values.gateway.type | default (ternary "ClusterIP" "LoadBalancer" .Values.istio.enabled) -}}
{{- end -}}

{{- define "madang.redis" -}}
{{- if .Values.redis.inCluster -}}{{ .Release.Name }}-redis:6379
{{- else -}}{{ required "redis.address is needed when redis.inCluster is false: host:port of a running Redis." .Values.redis.address }}{{ end -}}
{{- end -}}

{{- define "madang.kafka" -}}
{{- if .Values.kafka.inCluster -}}{{ .Release.Name }}-kafka:9092
{{- else -}}{{ required "kafka.address is needed when kafka.inCluster is false: host:port of a running broker." .Values.kafka.address }}{{ end -}}
{{- end -}}

{{- define "madang.mysqlSecret" -}}
{{- if .Values.mysql.inCluster -}}{{ .Release.Name }}-mysql
{{- else -}}{{ required "mysql.connectionSecret.name is needed when mysql.inCluster is false: a Secret with the connection string." .Values.mysql.connectionSecret.name }}{{ end -}}
{{- end -}}

{{- define "madang.mysqlKey" -}}
{{- if .Values.mysql.inCluster -}}connectionString{{- else -}}{{ .Values.mysql.connectionSecret.key }}{{- end -}}
{{- end -}}

{{/* Secret and key of a password, as JSON; empty where there is none. */}}
{{- define "madang.redisPassword" -}}
{{- if .Values.redis.inCluster }}{{ dict "name" (printf "%s-redis" .Release.Name) "key" "password" | toJson }}
{{- else if .Values.redis.passwordSecret.name }}{{ pick .Values.redis.passwordSecret "name" "key" | toJson }}
{{- end -}}
{{- end -}}

{{- define "madang.kafkaPassword" -}}
{{- if .Values.kafka.inCluster }}{{ dict "name" (printf "%s-kafka" .Release.Name) "key" "password" | toJson }}
{{- else if .Values.kafka.auth.mechanism }}
{{- $_ := required "kafka.auth.passwordSecret.name is needed when kafka.auth.mechanism is set: a Secret with the password." .Values.kafka.auth.passwordSecret.name }}
{{- pick .Values.kafka.auth.passwordSecret "name" "key" | toJson }}
{{- end -}}
{{- end -}}

{{/* How the brokers are spoken to, as JSON: {mechanism, username, tls}. */}}
{{- define "madang.kafkaLogin" -}}
{{- $kafka := .Values.kafka -}}
{{- if $kafka.inCluster -}}
{{- dict "mechanism" "PLAIN" "username" "madang" "tls" false | toJson -}}
{{- else -}}
{{- if and $kafka.tls.enabled (not $kafka.auth.mechanism) }}{{ fail "kafka.auth.mechanism is needed when kafka.tls.enabled is true: Dapr speaks TLS to brokers only with a login." }}{{ end -}}
{{- if and $kafka.auth.mechanism (not $kafka.auth.username) }}{{ fail "kafka.auth.username is needed when kafka.auth.mechanism is set." }}{{ end -}}
{{- dict "mechanism" $kafka.auth.mechanism "username" $kafka.auth.username "tls" $kafka.tls.enabled | toJson -}}
{{- end -}}
{{- end -}}

{{/* The Secrets with certificates of authorities, as a JSON list of {store, name, key}. */}}
{{- define "madang.authorities" -}}
{{- $all := list -}}
{{- range $store := list "redis" "kafka" "mysql" -}}
{{- $at := get $.Values $store -}}
{{- if and (not $at.inCluster) $at.tls.caSecret.name (or (eq $store "redis") (eq $.Values.profile "full")) -}}
{{- $all = append $all (dict "store" $store "name" $at.tls.caSecret.name "key" $at.tls.caSecret.key) -}}
{{- end -}}
{{- end -}}
{{- $all | toJson -}}
{{- end -}}

{{/* A password (or what `key` names) that is made once: an upgrade, and an installation over a kept Secret, find the one there is. */}}
{{- define "madang.madePassword" -}}
{{- $there := (lookup "v1" "Secret" .root.Release.Namespace .name).data | default dict -}}
{{- get $there (.key | default "password") | b64dec | default (randAlphaNum (.length | default 24)) -}}
{{- end -}}

{{/* What `helm uninstall` leaves behind: data that nobody can make again. */}}
{{- define "madang.kept" -}}
helm.sh/resource-policy: keep
{{- end -}}

{{/* Nobody needs root, a shell, or to write where its program lies. */}}
{{- define "madang.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "madang.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* A value that is meant as text: numbers of a YAML file are floats, which Go would print as 1e+06. */}}
{{- define "madang.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ printf "%.0f" . }}
{{- else if kindIs "float64" . }}{{ regexReplaceAll "0+$" (printf "%.9f" .) "" }}
{{- else }}{{ . }}
{{- end -}}
{{- end -}}

{{/* The version of the images as text: digits come as a number from --set, and as a float from a file, exact below 2^53. */}}
{{- define "madang.tag" -}}
{{- $tag := .Values.image.tag -}}
{{- if kindIs "float64" $tag }}
{{- if ge $tag 9007199254740992.0 }}{{ fail "image.tag: YAML reads this tag as a number too large to keep; write it in quotes, or give it with --set-string." }}{{ end -}}
{{- $tag = int64 $tag -}}
{{- end -}}
{{- $tag | default .Chart.AppVersion -}}
{{- end -}}

{{/* Three quarters of an amount of memory such as 512Mi, in bytes. */}}
{{- define "madang.threeQuartersInBytes" -}}
{{- $unit := regexFind "(m|Ki|Mi|Gi)$" (toString .) -}}
{{- $bytes := get (dict "m" 0.001 "" 1 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824) $unit -}}
{{- mulf (trimSuffix $unit (toString .) | float64) $bytes 0.75 | int64 -}}
{{- end -}}
