import { LabIcon } from "@jupyterlab/ui-components";

import lepton from "../icons/lepton.svg";

export const leptonIcon = new LabIcon({ name: "lepton-lab:lepton", svgstr: lepton });
