name: {{ id }}
version: {{ version }}
description: {{ name }}
description_en: {{ id }}
label: {{ label }}
category: external
auto_launch: false
launch_node: all
port_range: {{ ports }}
upstream:
  - bkmonitorbeat
dependences:
  gse_agent: "1.2.0"
  bkmonitorbeat: "1.7.0"
control:
  start: {{ start }}
  stop: {{ stop }}
  restart: {{ restart }}
  reload: {{ reload }}
  debug: {{ debug }}
  version: {{ show }}
config_templates:
  - plugin_version: "*"
    name: env.yaml
    version: {{ config }}
    file_path: etc
    format: yaml
    source_path: etc/env.yaml.tpl
need_delegate: True
